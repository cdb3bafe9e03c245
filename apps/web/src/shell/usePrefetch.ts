import { useEffect } from 'react'
import { prefetchCode, savesData } from '../parts/loadCode.ts'

/** The page has shown its own data by then, so the prefetch competes with nothing. */
const delayMs = 5_000

/** Loads the other screens' code after the start, so that they open at once, and also offline. */
export function usePrefetch(isSignedIn: boolean): void {
  useEffect(() => {
    if (!isSignedIn || savesData()) return
    const timer = setTimeout(() => void prefetchCode(), delayMs)
    return () => clearTimeout(timer)
  }, [isSignedIn])
}
