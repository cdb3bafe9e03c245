import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

/**
 * Redirects once, to its first `href`. While the next screen loads, this component renders again with a
 * different `href` and must not redirect again.
 */
export function Redirect({ href }: { href: string }) {
  const navigate = useNavigate()
  const [target] = useState(href)
  useEffect(() => {
    void navigate({ href: target, replace: true })
  }, [navigate, target])
  return null
}
