import { VisuallyHidden } from '@mantine/core'
import type { BalanceRow } from '@metered/billing/client'
import { useEffect, useRef, useState } from 'react'
import { useBalances } from '../api/billing.ts'
import { type Meter, meters } from '../format/meters.ts'
import { balanceText } from '../parts/BalanceBar.tsx'

/**
 * Tells screen readers, once and politely, when something was spent or granted. Holds are not announced: they come and go while work runs,
 * and the button says that it does.
 */
export function BalanceAnnouncer() {
  const { data } = useBalances()
  const announced = useRef<Map<Meter, BalanceRow<Meter>> | null>(null)
  const [message, setMessage] = useState('')

  useEffect(() => {
    if (data === undefined) return
    const before = announced.current
    announced.current = new Map(data.balances.map((row) => [row.meter, row]))
    if (before === null) return
    const changed = meters
      .map((meter) => announced.current?.get(meter))
      .filter((row) => row !== undefined && isWorthSaying(before.get(row.meter), row))
      .map((row) => row && `${row.name}: ${balanceText(row)}.`)
    if (changed.length > 0) setMessage(changed.join(' '))
  }, [data])

  return (
    <VisuallyHidden role="status" aria-live="polite" data-testid="balance-announcements">
      {message}
    </VisuallyHidden>
  )
}

function isWorthSaying(before: BalanceRow<Meter> | undefined, row: BalanceRow<Meter>) {
  return before?.used !== row.used || before.limit !== row.limit || before.unlimited !== row.unlimited
}
