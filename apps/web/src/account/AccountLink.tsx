import { Link } from '@tanstack/react-router'

/** Renders a link to another account screen, as a separate paragraph. */
export function AccountLink({ to, children }: { to: '/sign-in' | '/forgot-password'; children: string }) {
  return (
    <p>
      <Link to={to}>{children}</Link>
    </p>
  )
}
