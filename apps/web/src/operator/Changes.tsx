import classes from './Operator.module.css'
import { changeText, type RecordedAct } from './words.ts'

/** Lists the values that a change affected, each before and after. */
export function Changes({ changes }: Pick<RecordedAct, 'changes'>) {
  if (changes.length === 0) return null
  return (
    <dl className={classes.changes}>
      {changes.map(changeText).map(({ name, change }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{change}</dd>
        </div>
      ))}
    </dl>
  )
}
