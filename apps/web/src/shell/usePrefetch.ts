import { useEffect } from 'react'
import { prefetchCode, savesData } from '../parts/loadCode.ts'

/** How long the prefetch waits. By then, the page has loaded its own data, so the prefetch doesn't slow it down. */
const delayMs = 5_000

/** Loads the other screens' code after the start, so that they open at once, and also offline. */
export function usePrefetch(isSignedIn: boolean): void {
  useEffect(() => {
    if (!isSignedIn || savesData()) return
    const timer = setTimeout(() => void prefetchCode(), delayMs)
    return () => clearTimeout(timer)
  }, [isSignedIn])
}
