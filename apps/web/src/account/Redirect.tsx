import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

/**
 * Redirects to the first `href` and ignores later values. While the next screen loads, this component can
 * render again with a different `href`.
 */
export function Redirect({ href }: { href: string }) {
  const navigate = useNavigate()
  const [target] = useState(href)
  useEffect(() => {
    void navigate({ href: target, replace: true })
  }, [navigate, target])
  return null
}
