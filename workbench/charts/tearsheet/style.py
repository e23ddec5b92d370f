"""The style sheet of a tear sheet: both themes by the reader's system, and paper."""

from __future__ import annotations

from workbench.charts.theme import DARK, FONT, LIGHT, MONO, css_variables

#: Most of a colour behind the number of a heat map; more, and the number is hard to read.
HEAT = 0.42


def style(printed: int) -> str:
    """The whole sheet; of long tables the last ``printed`` rows go to paper."""
    return (
        f":root{{{css_variables(LIGHT)}color-scheme:light}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{css_variables(DARK)}color-scheme:dark}}}}"
        f"{_SCREEN}@media print{{{_PRINT}.long tbody tr:nth-last-child(n+{printed + 1}){{display:none}}}}"
    )


_SCREEN = f"""
*{{box-sizing:border-box}}
html{{background:var(--wb-page);color:var(--wb-text);font:13px/1.45 {FONT};font-variant-numeric:tabular-nums}}
body{{margin:0}}
main{{max-width:996px;margin:0 auto;padding:24px}}
header{{display:flex;align-items:baseline;gap:12px;flex-wrap:wrap;margin-bottom:12px}}
h1{{font-size:20px;font-weight:600;margin:0;overflow-wrap:anywhere}}
h2{{font-size:13px;font-weight:600;margin:0 0 4px}}
p{{margin:0 0 8px;color:var(--wb-muted);max-width:82ch}}
.badge{{margin:0;padding:1px 8px;border:1px solid currentColor;border-radius:9px;font-size:12px;cursor:help}}
.up{{color:var(--wb-up-text)}} .down{{color:var(--wb-down-text)}} .warn{{color:var(--wb-warn-text)}}
.figures{{display:grid;grid-template-columns:repeat(7,1fr);gap:1px;background:var(--wb-hairline);
border:1px solid var(--wb-hairline);border-radius:4px;overflow:hidden}}
.figure{{background:var(--wb-panel);padding:8px 10px;min-width:0;display:flex;flex-direction:column}}
.figure span{{font-size:11.5px;color:var(--wb-muted);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}}
.figure b{{font-size:15px;font-weight:600;white-space:nowrap}}
.facts{{display:grid;grid-template-columns:96px minmax(0,1fr) 96px minmax(0,1fr);gap:2px 12px;margin:16px 0 0;
font-size:12px}}
dt.wide{{grid-column:1}} dd.wide{{grid-column:2/-1}}
.facts dt{{color:var(--wb-muted)}} .facts dd{{margin:0;overflow-wrap:anywhere}}
section{{background:var(--wb-panel);border:1px solid var(--wb-hairline);border-radius:4px;padding:12px 16px;
margin-top:16px}}
figure{{margin:8px 0 0;overflow-x:auto}}
svg{{display:block;width:100%;height:auto;font-family:{FONT.replace('"', "'")};font-variant-numeric:tabular-nums}}
.pair{{display:grid;grid-template-columns:1fr 1fr;gap:16px}}
.pair>*{{min-width:0}}
.scroll{{overflow-x:auto;margin-top:8px}}
.scroll:focus-visible,a:focus-visible{{outline:2px solid var(--wb-accent);outline-offset:1px}}
.scroll.long{{max-height:560px;overflow-y:auto}}
.long :is(th,td){{padding:3px 6px}}
.long thead th{{position:sticky;top:0;background:var(--wb-panel);box-shadow:inset 0 -1px var(--wb-hairline)}}
table{{border-collapse:collapse;width:100%;font-size:12px}}
th,td{{padding:3px 8px;text-align:right;white-space:nowrap;font-weight:400;
border-bottom:1px solid var(--wb-grid)}}
thead th{{color:var(--wb-muted);border-color:var(--wb-hairline)}}
th:first-child,td:first-child{{text-align:left;padding-left:0}}
th:last-child,td:last-child{{padding-right:4px}}
.w4 :is(td,th):nth-child(-n+4),.w5 :is(td,th):nth-child(-n+5),.w6 :is(td,th):nth-child(-n+6){{text-align:left}}
.group th{{color:var(--wb-text);font-weight:600;padding-top:12px;text-align:left}}
.all :is(td,th):nth-child(3){{text-align:left;padding-left:32px}}
.all{{table-layout:fixed}} .all td[title]{{cursor:help}}
.heat :is(td,th){{text-align:center;padding:2px;border:1px solid var(--wb-panel)}}
.heat :is(td,th):first-child{{text-align:left;color:var(--wb-muted)}}
.heat td[style]{{background:color-mix(in srgb,var(--c) var(--h),var(--wb-panel))}}
.heat{{table-layout:fixed}}
a{{color:var(--wb-accent)}}
code{{font-family:{MONO}}}
.printed{{display:none}}
footer{{color:var(--wb-muted);font-size:12px;margin:16px 0}}
@media screen and (max-width:640px){{.figures{{grid-template-columns:1fr 1fr}}
main{{padding:12px}} section{{padding:12px 8px}}
.pair{{grid-template-columns:minmax(0,1fr)}}
.facts{{grid-template-columns:96px minmax(0,1fr)}} figure>svg{{min-width:560px}} .pair figure>svg{{min-width:0}}
.heat{{min-width:600px}}}}
"""

_PRINT = """
@page{size:A4;margin:12mm 12mm 14mm}
html{background:none;font-size:9pt}
main{max-width:none;padding:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
section{border:0;border-top:1px solid var(--wb-hairline);border-radius:0;padding:8px 0 0;margin-top:12px}
figure,.pair,tr,.figures,.facts,header,section.whole{break-inside:avoid}
.figure{padding:4px 8px} .figure span{font-size:7.5pt} .figure b{font-size:10.5pt}
h2,p,.group{break-after:avoid}
section:not(.whole)>h2{break-inside:avoid;padding-bottom:110px;margin-bottom:-106px}
figure,.scroll,.scroll.long{overflow:visible;max-height:none}
.long thead th{position:static;box-shadow:none}
thead{display:table-header-group}
table{font-size:8pt} th,td{padding:2px 5px}
.long table{font-size:7pt} .long :is(th,td){padding:1px 3px}
.facts{font-size:8pt} .all{font-size:7.5pt} .all :is(td,th){padding:1px 5px} .group th{padding-top:5px}
.take{display:none} .printed{display:block}
"""
