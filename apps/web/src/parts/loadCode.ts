const prefetched: (() => Promise<unknown>)[] = []

// Starts as false even without a network, because a server on the same machine can still respond. Imports wait only if
// the browser goes offline later.
let isOffline = false
window.addEventListener('offline', () => {
  isOffline = true
})
window.addEventListener('online', () => {
  isOffline = false
})

/**
 * Returns a function that loads code as soon as the browser is online. Browsers remember a failed import until the page
 * reloads, so an import must not start offline.
 */
export function whenOnline<Code>(load: () => Promise<Code>): () => Promise<Code> {
  let code: Promise<Code> | undefined
  async function start() {
    try {
      if (isOffline)
        await new Promise((resolve) => window.addEventListener('online', resolve, { once: true }))
      return await load()
    } catch (error) {
      code = undefined
      throw error
    }
  }
  return () => {
    code ??= start()
    return code
  }
}

/** Acts like `whenOnline`, and makes prefetchCode() load the code early. */
export function prefetchable<Code>(load: () => Promise<Code>): () => Promise<Code> {
  const loadOnline = whenOnline(load)
  prefetched.push(loadOnline)
  return loadOnline
}

/** Loads the code of the screens that the customer hasn't opened yet. Loads one file at a time, while the browser is idle. */
export async function prefetchCode(): Promise<void> {
  // A screen's code can add more parts to `prefetched`. The loop also loads them.
  for (const load of prefetched) {
    await idle()
    // Ignore a failure. The screen loads its code again when the customer opens it.
    await load().catch(() => undefined)
  }
}

/** Returns whether the browser asks websites to load less data. */
export function savesData(): boolean {
  const connection: unknown = Reflect.get(navigator, 'connection')
  return typeof connection === 'object' && connection !== null && Reflect.get(connection, 'saveData') === true
}

/** Waits until the browser is idle. In Safari, waits 200 ms, because Safari has no `requestIdleCallback`. */
const idle = () =>
  new Promise<unknown>((resolve) =>
    'requestIdleCallback' in window ? requestIdleCallback(resolve) : setTimeout(resolve, 200),
  )
