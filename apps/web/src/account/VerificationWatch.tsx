import { useEffect, useEffectEvent } from 'react'
import { authClient } from '../api/authClient.ts'

const everyMs = 5_000

/**
 * Notices when the user verifies the email address, even in another browser: reads the session again on focus
 * and every few seconds. The requested screen then appears without a reload.
 */
export function VerificationWatch() {
  const { refetch } = authClient.useSession()
  const look = useEffectEvent(() => {
    // If the server can't be reached, the next check tries again.
    if (!document.hidden) refetch({ query: { disableCookieCache: true } }).catch(() => {})
  })
  useEffect(() => {
    look()
    const timer = setInterval(look, everyMs)
    const onFocus = () => look()
    window.addEventListener('focus', onFocus)
    return () => {
      clearInterval(timer)
      window.removeEventListener('focus', onFocus)
    }
  }, [])
  return null
}
