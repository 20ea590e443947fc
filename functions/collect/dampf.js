/* Dampf: without consent, and against Do Not Track, nothing is stored or sent. */
(function (w, d) {
  var n = navigator, s = d.currentScript, a = s.dataset, to = s.src.replace(/[^/]*$/, ""),
    wish = a.consent, held = (w.dampf || {}).q || [], yes = wish == "given"

  function random() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), function (b) {
      return (b + 256).toString(16).slice(1)
    }).join("")
  }
  function known() {
    return (d.cookie.match(/(?:^|; )dampf_id=([\w-]+)/) || [])[1]
  }
  function keep(id, seconds) {
    d.cookie = "dampf_id=" + id + ";path=/;samesite=lax;max-age=" + seconds +
      (a.domain ? ";domain=" + a.domain : "") + (location.protocol == "https:" ? ";secure" : "")
  }
  function allowed() {
    if (n.doNotTrack == 1 || w.doNotTrack == 1 || n.globalPrivacyControl) return false
    if (wish && wish != "given") return typeof w[wish] == "function" && w[wish]() === true
    return yes || !!known()
  }
  function send(name, properties) {
    var who = known() || random(), body
    keep(who, 34e6)
    body = JSON.stringify({
      key: a.key, id: random(), who: who, name: name, properties: properties || {},
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone
    })
    if (!n.sendBeacon || !n.sendBeacon(to, body))
      fetch(to, { method: "POST", body: body, keepalive: true, mode: "no-cors" }).catch(function () {})
  }
  function dampf(name, properties) {
    if (name == "consent") {
      yes = properties === true
      if (!yes) held = [], keep("", 0)
    } else held.push([name, properties])
    if (allowed()) held.splice(0).forEach(function (each) { send(each[0], each[1]) })
    else if (known()) keep("", 0)
    held = held.slice(-50)
  }

  held = [].slice.call(held)
  w.dampf = dampf
  if (a.page != "off") held.unshift(["Page Viewed", { url: location.origin + location.pathname, title: d.title }])
  held.splice(0).forEach(function (each) { dampf(each[0], each[1]) })
})(window, document)
