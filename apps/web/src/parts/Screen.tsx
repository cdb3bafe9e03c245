import { Title } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import classes from './Screen.module.css'

let firstScreen = true

/**
 * Sets a screen's heading and the document's title. After a navigation, moves focus to the heading, or to the section's
 * heading if the address names a section.
 */
export function Screen({ title, lead, children }: { title: string; lead?: ReactNode; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Studio`
    const section = document.getElementById(location.hash.slice(1))
    if (!firstScreen) (section ?? heading.current)?.focus({ preventScroll: true })
    firstScreen = false
  }, [title])
  return (
    <>
      <div className={classes.head}>
        <Title order={1} ref={heading} tabIndex={-1}>
          {title}
        </Title>
        {lead && <p className={classes.lead}>{lead}</p>}
      </div>
      {children}
    </>
  )
}
