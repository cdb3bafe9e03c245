/**
 * Runs in the browser. Copies text to the clipboard. On live pages, replaces only the parts that changed, and keeps
 * scroll positions and keyboard focus.
 */
export const dashboardScript = `
document.documentElement.classList.add('scripted')

const copied = document.createElement('span')
copied.className = 'unseen'
copied.setAttribute('role', 'status')
document.body.append(copied)
document.addEventListener('click', async ({ target }) => {
  const button = target.closest('[data-copy]')
  if (!button) return
  const text = button.dataset.copy || document.getElementById(button.dataset.copyFrom).textContent
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // The browser doesn't allow copying. The user can still select the text.
    return
  }
  const label = button.textContent
  if (label === 'Copied') return
  button.textContent = copied.textContent = 'Copied'
  setTimeout(() => { button.textContent = label; copied.textContent = '' }, 1500)
})

const shown = document.querySelector('[data-live-state]')
const say = (text, tone) => { shown.textContent = text; shown.className = 'badge live ' + tone }
const stops = (part) => [...part.querySelectorAll('a, button, [tabindex]')]
const replace = (part, next) => {
  const focused = document.activeElement
  const stop = stops(part).indexOf(focused)
  const scrolled = [...part.querySelectorAll('.scroll')].map((box) => box.scrollTop)
  part.innerHTML = next.innerHTML
  part.querySelectorAll('.scroll').forEach((box, i) => { box.scrollTop = scrolled[i] ?? 0 })
  if (stop < 0) return
  const same = stops(part).find((one) => one.outerHTML === focused.outerHTML) ?? stops(part)[stop]
  same?.focus({ preventScroll: true })
}
let stale = false
let busy = false
const refresh = async () => {
  stale = true
  if (busy) return
  busy = true
  try {
    while (stale) {
      stale = false
      const answer = await fetch(location.href)
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
      // Keep the displayed time, because the 'now' event updates it.
      const time = fresh.querySelector('[data-now]')
      if (time) time.textContent = document.querySelector('[data-now]').textContent
      for (const part of document.querySelectorAll('[data-live]')) {
        const next = fresh.getElementById(part.id)
        if (next && next.innerHTML !== part.innerHTML) replace(part, next)
      }
    }
  } catch {
    // The server is unreachable. The page refreshes when the server is back.
  } finally {
    busy = false
  }
}
let version
let away = false
if (shown) {
  const live = new EventSource('/live')
  live.addEventListener('now', ({ data }) => {
    const time = document.querySelector('[data-now]')
    if (time) time.textContent = data
  })
  live.onmessage = ({ data }) => {
    say('Live', 'good')
    if (away || (version !== undefined && version !== data)) refresh()
    version = data
    away = false
  }
  live.onerror = () => {
    say('Disconnected', 'bad')
    away = true
  }
}
`
