import { Link } from '@tanstack/react-router'

/** A link to another account screen, in a paragraph of its own. */
export function AccountLink({ to, children }: { to: '/sign-in' | '/forgot-password'; children: string }) {
  return (
    <p>
      <Link to={to}>{children}</Link>
    </p>
  )
}
