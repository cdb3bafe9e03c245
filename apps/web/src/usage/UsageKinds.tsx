import { useId } from 'react'
import { formatPercent } from '../format/format.ts'
import { amountOf, type Meter, titleOf } from '../format/meters.ts'
import type { MeterKinds } from './kindsOf.ts'
import classes from './UsageKinds.module.css'

/** Lists the units of each kind with their share, such as `HD: 3 pictures, 20%`. */
export function UsageKinds({ meter, kinds: { by, kinds } }: { meter: Meter; kinds: MeterKinds }) {
  const id = useId()
  return (
    <div>
      <p id={id} className={classes.by}>
        {titleOf(meter)} by {by}
      </p>
      <ul aria-labelledby={id} className={classes.kinds}>
        {kinds.map(({ name, amount, share }) => (
          <li key={name}>
            <span>{name}</span>{' '}
            <span className={classes.amount}>
              {amountOf(meter, amount)} <span className={classes.share}>{shareText(share)}</span>
            </span>
            <span aria-hidden="true" className={classes.track}>
              {/* The bar uses clip-path because a width change would count as a layout shift. */}
              <span className={classes.bar} style={{ clipPath: `inset(0 ${(1 - share) * 100}% 0 0)` }} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Never rounds a share down to 0%, or up to 100%. */
function shareText(share: number): string {
  if (share < 0.01) return `<${formatPercent(1)}`
  return share > 0.99 && share < 1 ? `>${formatPercent(99)}` : formatPercent(Math.round(share * 100))
}
