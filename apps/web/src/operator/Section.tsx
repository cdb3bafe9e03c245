import { type ReactNode, useId } from 'react'
import section from '../parts/Section.module.css'
import classes from './Operator.module.css'

interface SectionProps {
  title: string
  /** Buttons for the whole section. */
  actions?: ReactNode
  /** Shown instead of an empty list. */
  empty?: string
  /** List items (`Row`). */
  children: ReactNode[]
}

/** Shows a titled list. */
export function Section({ title, actions, empty, children }: SectionProps) {
  const id = useId()
  return (
    <section className={section.section} aria-labelledby={id}>
      <div className={section.head}>
        <h2 id={id}>{title}</h2>
        {actions}
      </div>
      {children.length === 0 ? (
        <p className={classes.empty}>{empty}</p>
      ) : (
        <ul className={classes.list}>{children}</ul>
      )}
    </section>
  )
}

interface RowProps {
  title: ReactNode
  /** Short facts below the title, such as a time and an ID. */
  facts?: ReactNode[]
  /** More details, below the facts. */
  children?: ReactNode
  actions?: ReactNode
}

/** Shows one item of a `Section`. */
export function Row({ title, facts = [], children, actions }: RowProps) {
  return (
    <li className={classes.row}>
      <div className={classes.text}>
        <div className={classes.title}>{title}</div>
        {facts.length > 0 && (
          <div className={classes.facts}>
            {facts.map((fact, index) => (
              <span key={index}>{fact}</span>
            ))}
          </div>
        )}
        {children}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </li>
  )
}

/** Shows a time, with a machine-readable value. */
export function Time({ at, children }: { at: number; children: ReactNode }) {
  return <time dateTime={new Date(at).toISOString()}>{children}</time>
}
