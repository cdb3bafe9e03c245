import { Skeleton } from '@mantine/core'
import { useBalances } from '../api/billing.ts'
import { formatNumber } from '../format/format.ts'
import { meters, titleOf } from '../format/meters.ts'
import { BalanceBar, balanceText } from '../parts/BalanceBar.tsx'
import classes from './HeaderBalances.module.css'

/** Every meter's balance, on every screen; the same size loading, known or unknown. */
export function HeaderBalances() {
  const { data, isError } = useBalances()
  return (
    <section className={classes.strip} aria-label="Balances" aria-busy={data === undefined && !isError}>
      {meters.map((meter) => {
        const row = data?.balances.find((it) => it.meter === meter)
        return (
          <div key={meter} className={classes.balance} data-testid={`balance-${meter}`}>
            {row ? (
              <>
                <span className={classes.name}>
                  {row.name}
                  {row.held > 0 && <span className={classes.held}> · {formatNumber(row.held)} held</span>}
                </span>
                {/* A new number, or the same in bold, is a new element: it appears in its place, where another width at the end of a line would move. */}
                <span
                  key={`${balanceText(row)} ${row.status}`}
                  className={classes.numbers}
                  data-status={row.status}
                >
                  {balanceText(row)}
                </span>
                <div className={classes.bar}>
                  <BalanceBar row={row} />
                </div>
              </>
            ) : data || isError ? (
              <>
                <span className={classes.name}>{titleOf(meter)}</span>
                <span className={classes.numbers}>unavailable</span>
              </>
            ) : (
              <>
                <Skeleton className={classes.name} width="5rem" height="0.75rem" />
                <Skeleton className={classes.numbers} width="6rem" height="0.75rem" />
                <Skeleton className={classes.bar} height={6} radius="xl" />
              </>
            )}
          </div>
        )
      })}
    </section>
  )
}
