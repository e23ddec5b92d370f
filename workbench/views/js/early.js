// Opens the page's socket while the scripts that will show its document are still being read; the server sends the
// document on it without being asked.
//
// Bokeh's client is handed the socket when it opens its own, hears what was said on it so far, and is answered from what
// has come when it asks for the document. Anything unexpected leaves it with a socket of its own.
(function (token) {
  const Real = window.WebSocket, mine = "early"
  const address = `${location.protocol.replace("http", "ws")}//${location.host}${location.pathname.replace(/\/+$/, "")}/ws`
  // The look that this browser chose comes before the document, so that nothing is drawn twice.
  const kept = (key) => { try { return localStorage.getItem(`wb.${key}`) } catch { return null } }
  const theme = kept("theme") || (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark")
  const look = `theme=${encodeURIComponent(theme)}&palette=${encodeURIComponent(kept("palette") || "classic")}`
  const socket = new Real(`${address}?early=1&${look}`, ["bokeh", token])
  socket.binaryType = "arraybuffer"
  let heard = [], asked = null, swallow = 0, greeted = 0, gone = false, reader = null, pumping = false

  const hear = (event) => {
    heard.push(event.data)
    pump()
  }
  // Frames in their order: the three of the acknowledgement at once, others when the client has asked for the document.
  const pump = () => {
    if (reader === null || pumping) return
    pumping = true
    while (heard.length && (greeted < 3 || asked !== null)) {
      let data = heard.shift()
      if (greeted < 3) greeted += 1
      else if (typeof data === "string" && data.includes(`"reqid": "${mine}"`)) {
        data = data.replace(`"reqid": "${mine}"`, `"reqid": "${asked}"`)
        socket.removeEventListener("message", hear)
        delete socket.onmessage
        delete socket.send
        for (const rest of [data, ...heard.splice(0)]) reader({ data: rest })
        socket.onmessage = reader
        break
      }
      reader({ data })
    }
    pumping = false
  }
  socket.addEventListener("message", hear)
  socket.addEventListener("close", () => { gone = true })

  function Socket(url, protocols) {
    if (gone || reader !== null || url.split("?")[0] !== address || protocols?.[1] !== token) return new Real(url, protocols)
    window.WebSocket = window.WebSocket === Socket ? Real : window.WebSocket
    Object.defineProperty(socket, "onmessage", { configurable: true, get: () => reader, set: (one) => { reader = one } })
    socket.send = (data) => {
      if (swallow > 0) { swallow -= 1; return }
      if (asked === null && typeof data === "string" && data.includes('"PULL-DOC-REQ"')) {
        asked = JSON.parse(data).msgid
        swallow = 2
        queueMicrotask(pump)
        return
      }
      Real.prototype.send.call(socket, data)
    }
    queueMicrotask(() => {
      if (socket.readyState === Real.OPEN) socket.onopen?.(new Event("open"))
      pump()
    })
    return socket
  }
  Socket.prototype = Real.prototype
  for (const name of ["CONNECTING", "OPEN", "CLOSING", "CLOSED"]) Object.defineProperty(Socket, name, { value: Real[name] })
  window.WebSocket = Socket
})
