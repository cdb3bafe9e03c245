import { Button, Menu, Skeleton, useMantineColorScheme } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../account/problemOf.ts'
import { authClient } from '../api/authClient.ts'
import { useBalances, usePlans } from '../api/billing.ts'
import { awaitsVerification, type User } from '../api/Session.tsx'
import { useOperatorAccess } from '../operator/useOperatorAccess.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { isUnknown, nextOffer } from '../plans/offers.ts'
import { useResult } from '../plans/purchaseResult.tsx'
import { forgetDrafts } from '../studio/draft.ts'
import { Brand } from './Brand.tsx'
import classes from './Header.module.css'
import { HeaderBalances } from './HeaderBalances.tsx'

const destinations = [
  { to: '/', label: 'Studio' },
  { to: '/usage', label: 'Usage' },
  { to: '/pricing', label: 'Plans' },
  { to: '/billing', label: 'Billing' },
] as const

export function Header({ user }: { user: User | null }) {
  const hasBalances = user !== null && !awaitsVerification(user)
  return (
    <header className={classes.header}>
      <div className={classes.inner}>
        <div className={classes.row}>
          <Link to="/" className={classes.home} data-tap aria-label="Studio, home">
            <Brand />
          </Link>
          {user ? (
            <>
              <nav className={classes.nav} aria-label="Screens">
                {destinations.map(({ to, label }) => (
                  <Link key={to} to={to} className={classes.link} activeOptions={{ exact: true }}>
                    {label}
                  </Link>
                ))}
              </nav>
              <div className={classes.account}>
                {hasBalances && <CurrentPlan />}
                <AccountMenu user={user} />
              </div>
            </>
          ) : (
            <div className={classes.account}>
              <Link to="/pricing" className={classes.link}>
                Plans
              </Link>
              <LinkButton to="/sign-in" variant="default" size="xs">
                Sign in
              </LinkButton>
            </div>
          )}
        </div>
        {hasBalances && <HeaderBalances />}
      </div>
    </header>
  )
}

function CurrentPlan() {
  const { data: answer, isPending } = useBalances()
  const plan = answer?.plan
  const { data: offers } = usePlans()
  const isLargest = offers !== undefined && plan != null && nextOffer(offers, plan) === undefined
  // While the plan or the offers are unknown, the button is hidden but keeps its space.
  const unsure = answer === undefined || isUnknown(answer) || offers === undefined
  // While a notice shows a purchase's result, don't offer an upgrade.
  const hasResult = useResult() !== null
  return (
    <>
      <span className={classes.plan} data-testid="plan-name">
        {isPending ? (
          <Skeleton width={44} height={16} />
        ) : (
          (plan?.name ?? (answer && !isUnknown(answer) && 'No plan'))
        )}
      </span>
      {/* While a payment is overdue, a notice or the Billing screen shows a payment button instead. */}
      {!plan?.pastDue && !isLargest && !hasResult && (
        <LinkButton to="/pricing" size="xs" style={unsure ? { visibility: 'hidden' } : undefined}>
          Upgrade
        </LinkButton>
      )}
    </>
  )
}

const schemes = ['light', 'dark', 'auto'] as const
const schemeNames = { light: 'Light', dark: 'Dark', auto: 'System' }

function AccountMenu({ user }: { user: User }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const { isOperator } = useOperatorAccess()
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  async function signOut() {
    if (busy) return
    setBusy(true)
    const failure = await problemOf(authClient.signOut())
    setBusy(false)
    setProblem(failure && `${failure} You are still signed in.`)
    if (failure === null) forgetDrafts()
  }
  return (
    <Menu
      position="bottom-end"
      width={240}
      shadow="md"
      withinPortal={false}
      withInitialFocusPlaceholder={false}
      onClose={() => setProblem(null)}
    >
      <Menu.Target>
        <Button variant="default" size="xs" className={classes.avatar} aria-label="Account">
          {(user.name || user.email).slice(0, 1).toUpperCase()}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className={classes.email}>
          <bdi>{user.email}</bdi>
        </Menu.Label>
        {isOperator && (
          <Menu.Item component={Link} to="/operator">
            Operator
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Label>Appearance</Menu.Label>
        <Menu.RadioGroup
          aria-label="Appearance"
          value={colorScheme}
          onChange={(value) => setColorScheme(schemes.find((scheme) => scheme === value) ?? 'auto')}
        >
          {schemes.map((scheme) => (
            <Menu.RadioItem key={scheme} value={scheme}>
              {schemeNames[scheme]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item closeMenuOnClick={false} onClick={() => void signOut()}>
          {busy ? 'Signing out…' : 'Sign out'}
        </Menu.Item>
        {problem && (
          <Menu.Label role="alert" className={classes.problem}>
            {problem}
          </Menu.Label>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
