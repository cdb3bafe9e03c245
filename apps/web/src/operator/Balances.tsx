import { Button } from '@mantine/core'
import { useState } from 'react'
import { formatNumber, formatSigned } from '../format/format.ts'
import { passFocusOn } from '../parts/focus.ts'
import { AdjustDialog } from './AdjustDialog.tsx'
import classes from './Operator.module.css'
import { byMeter, meterTitle, meterUnits, type Report } from './words.ts'

/** Shows each meter's balance, which the ledger uses to allow or deny calls. */
export function Balances({ report: { customer, balances, acts } }: { report: Report }) {
  const [adjusted, setAdjusted] = useState<string | null>(null)
  const row = balances.find(({ meter }) => meter === adjusted)
  return (
    <section className={classes.balances} aria-label="Balances of this customer">
      {balances.length === 0 && <p className={classes.empty}>No balances yet.</p>}
      {balances.toSorted(byMeter).map(({ meter, isUnlimited, ...balance }) => (
        <article
          key={meter}
          className={classes.balance}
          aria-label={meterTitle(meter)}
          data-testid={`operator-${meter}`}
        >
          <h2>{meterTitle(meter)}</h2>
          <dl>
            <Fact name="Available" value={isUnlimited ? 'Unlimited' : formatNumber(balance.available)} />
            <Fact name="Used" value={formatNumber(balance.used)} />
            <Fact name="Held" value={formatNumber(balance.held)} />
            <Fact name="Limit" value={isUnlimited ? 'Unlimited' : formatNumber(balance.limit)} />
            <Fact name="Adjusted" value={formatSigned(balance.adjusted)} />
            {balance.parked > 0 && <Fact name="Rejected events" value={formatNumber(balance.parked)} />}
          </dl>
          <Button
            ref={passFocusOn}
            variant="default"
            size="xs"
            aria-label={`Adjust ${meterUnits(meter)}`}
            onClick={() => setAdjusted(meter)}
          >
            Adjust
          </Button>
        </article>
      ))}
      {row && (
        <AdjustDialog
          customer={customer}
          newest={acts[0] ?? null}
          row={row}
          onClose={() => setAdjusted(null)}
        />
      )}
    </section>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
