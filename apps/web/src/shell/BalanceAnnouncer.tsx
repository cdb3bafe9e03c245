import { VisuallyHidden } from '@mantine/core'
import type { BalanceRow } from '@metered/billing/client'
import { useEffect, useRef, useState } from 'react'
import { useBalances } from '../api/billing.ts'
import { type Meter, meters, titleOf } from '../format/meters.ts'
import { balanceText } from '../parts/BalanceBar.tsx'

/**
 * Announces changes in used or granted units to screen readers, without interrupting them. Doesn't announce
 * units in progress, because the button already says that work is running.
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
      .filter((row) => row !== undefined && isWorthAnnouncing(before.get(row.meter), row))
      .map((row) => row && `${titleOf(row.meter)}: ${balanceText(row)}.`)
    if (changed.length > 0) setMessage(changed.join(' '))
  }, [data])

  return (
    <VisuallyHidden role="status" aria-live="polite" data-testid="balance-announcements">
      {message}
    </VisuallyHidden>
  )
}

function isWorthAnnouncing(before: BalanceRow<Meter> | undefined, row: BalanceRow<Meter>) {
  return before?.used !== row.used || before.limit !== row.limit || before.unlimited !== row.unlimited
}
