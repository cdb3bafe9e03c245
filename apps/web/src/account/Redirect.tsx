import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

/**
 * Leads elsewhere once, to where it was told at first: while the next screen loads, this one is rendered again with the new address already,
 * and would lead on from there for ever.
 */
export function Redirect({ href }: { href: string }) {
  const navigate = useNavigate()
  const [target] = useState(href)
  useEffect(() => {
    void navigate({ href: target, replace: true })
  }, [navigate, target])
  return null
}
