import { useNetwork } from '@mantine/hooks'
import classes from './OfflineNotice.module.css'

/** Warns the user while the browser is offline. Stays in view when the page scrolls. */
export function OfflineNotice() {
  const { online } = useNetwork()
  if (online) return null
  return (
    <div role="status" className={classes.notice} data-offline="true">
      <p className={classes.text}>
        <strong>You are offline</strong>
        <span>Nothing is sent or charged until you are back online. Your text stays here.</span>
      </p>
    </div>
  )
}
