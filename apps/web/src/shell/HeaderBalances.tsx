import { Skeleton } from '@mantine/core'
import { trpc } from '../api/trpc.ts'
import { formatNumber } from '../format/format.ts'
import { meters, titleOf } from '../format/meters.ts'
import { BalanceBar, balanceText, isIncluded } from '../parts/BalanceBar.tsx'
import classes from './HeaderBalances.module.css'

/**
 * Shows each meter's balance on every screen. The strip has the same size while the balances load, after they have
 * loaded, and while they are unavailable.
 */
export function HeaderBalances() {
  const { data, isError } = trpc.billing.balances.useQuery()
  return (
    <section className={classes.strip} aria-label="Balances" aria-busy={data === undefined && !isError}>
      {meters.map((meter) => {
        const row = data?.balances.find((it) => it.meter === meter)
        return (
          <div key={meter} className={classes.balance} data-testid={`balance-${meter}`}>
            {row ? (
              <>
                <span className={classes.name}>
                  {titleOf(meter)}
                  {row.held > 0 && (
                    <span className={classes.held}> · {formatNumber(row.held)} in progress</span>
                  )}
                </span>
                {/* The key makes React replace the element when the text changes, because a width change would count as a layout shift. */}
                <bdi
                  key={`${balanceText(row)} ${row.status}`}
                  className={classes.numbers}
                  data-status={isIncluded(row) ? row.status : undefined}
                >
                  {balanceText(row)}
                </bdi>
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
