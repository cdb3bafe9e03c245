import { createContext, type ReactNode, use, useEffect, useState } from 'react'

/** `arriving`: the customer has paid, and the purchase isn't in the balances yet. `arrived`: it is. */
type Result = 'arriving' | 'arrived' | null

const ResultContext = createContext<{ result: Result; setResult: (result: Result) => void }>({
  result: null,
  setResult() {},
})

/** Lets the app know that a notice shows the result of a purchase. */
export function PurchaseResult({ children }: { children: ReactNode }) {
  const [result, setResult] = useState<Result>(null)
  return <ResultContext value={{ result, setResult }}>{children}</ResultContext>
}

/** Returns the purchase's result while a notice shows it. Then no button may offer another upgrade. */
export const useResult = () => use(ResultContext).result

/** Announces that the calling component shows a purchase's result, until it unmounts. Pass null if it shows none. */
export function useShowsResult(result: Result) {
  const { setResult } = use(ResultContext)
  useEffect(() => {
    if (result === null) return
    setResult(result)
    return () => setResult(null)
  }, [result, setResult])
}
