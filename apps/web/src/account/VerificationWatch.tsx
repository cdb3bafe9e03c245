import { useEffect, useEffectEvent } from 'react'
import { authClient } from '../api/authClient.ts'

const everyMs = 5_000

/**
 * Refetches the session on focus and every few seconds, to detect when the user verifies the email address,
 * even in another browser. After the verification, the requested screen appears without a reload.
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
