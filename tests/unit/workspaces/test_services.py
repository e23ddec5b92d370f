from __future__ import annotations

import workbench as wb
from workbench import services
from workbench.config import Settings
from workbench.services import Services
from workbench.workspaces import Annotation


def test_the_table_of_drawings_from_the_front_door(tmp_path, monkeypatch):
    mine = Services(Settings(data_dir=tmp_path / "data", catalogs=tmp_path))
    monkeypatch.setattr(services, "_services", mine)
    assert len(wb.annotations("ES")) == 0
    mine.workspaces.annotations.add(Annotation("ES", "horizontal", ((1_770_000_000_000_000_000, 5000.0),)))
    assert wb.annotations("ES")["kind"].tolist() == ["horizontal"]
    assert (tmp_path / "data" / "workbench.db").is_file()
    mine.close()


def test_the_database_can_be_another(tmp_path):
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    mine = Services(Settings(data_dir=tmp_path / "data", catalogs=tmp_path, database_url=url))
    mine.workspaces.layouts.save("a", {})
    mine.close()
    assert (tmp_path / "elsewhere.db").is_file() and not (tmp_path / "data").exists()
