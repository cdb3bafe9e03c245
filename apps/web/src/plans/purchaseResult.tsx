import { createContext, type ReactNode, use, useEffect, useState } from 'react'

/** The customer has paid. `arriving`: the balances don't include the purchase yet. `arrived`: the balances include it. */
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
