import { createContext, type ReactNode, use, useEffect, useState } from 'react'

/**
 * `arriving` if the balances don't include the paid purchase yet, `arrived` if they do, or null if no notice shows a
 * purchase.
 */
type Result = 'arriving' | 'arrived' | null

const ResultContext = createContext<{ result: Result; setResult: (result: Result) => void }>({
  result: null,
  setResult() {},
})

/** Provides the state that `useShowsResult` sets and `useResult` reads. */
export function PurchaseResult({ children }: { children: ReactNode }) {
  const [result, setResult] = useState<Result>(null)
  return <ResultContext value={{ result, setResult }}>{children}</ResultContext>
}

/** Returns a purchase's result while a notice shows it, and otherwise null. */
export const useResult = () => use(ResultContext).result

/** Marks the calling component as showing a purchase's result, until it unmounts. Ignores a result of null. */
export function useShowsResult(result: Result) {
  const { setResult } = use(ResultContext)
  useEffect(() => {
    if (result === null) return
    setResult(result)
    return () => setResult(null)
  }, [result, setResult])
}
