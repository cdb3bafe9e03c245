import { Button, Menu, Skeleton, useMantineColorScheme } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { authClient } from '../authClient.ts'
import { usePlan, usePlans } from '../billing.ts'
import { nextOffer } from '../plans/offers.ts'
import type { User } from '../Session.tsx'
import { forgetDrafts } from '../studio/draft.ts'
import classes from './Header.module.css'
import { HeaderBalances } from './HeaderBalances.tsx'
import { LinkButton } from './LinkButton.tsx'

const destinations = [
  { to: '/', label: 'Studio' },
  { to: '/usage', label: 'Usage' },
  { to: '/pricing', label: 'Plans' },
  { to: '/billing', label: 'Billing' },
] as const

export function Header({ user }: { user: User | null }) {
  return (
    <header className={classes.header}>
      <div className={classes.inner}>
        <div className={classes.row}>
          <Link to="/" className={classes.brand} aria-label="Studio, home">
            <img src="/favicon.svg" alt="" width={26} height={26} />
            Studio
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
                <CurrentPlan />
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
        {user && <HeaderBalances />}
      </div>
    </header>
  )
}

function CurrentPlan() {
  const { data: plan, isPending } = usePlan()
  const { data: offers, isPending: offersPending } = usePlans()
  const isLargest = offers !== undefined && plan != null && nextOffer(offers, plan) === undefined
  // Offered when it is known that there is something to offer; its place is kept meanwhile.
  const unsure = isPending || offersPending
  return (
    <>
      <span className={classes.plan} data-testid="plan-name">
        {isPending ? <Skeleton width={44} height={16} /> : plan === null ? 'No plan' : plan?.name}
      </span>
      {!isLargest && (
        <LinkButton to="/pricing" size="xs" style={unsure ? { visibility: 'hidden' } : undefined}>
          Upgrade
        </LinkButton>
      )}
    </>
  )
}

const schemes = ['light', 'dark', 'auto'] as const
const schemeNames = { light: 'Light', dark: 'Dark', auto: 'Like the system' }

function AccountMenu({ user }: { user: User }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  async function signOut() {
    forgetDrafts()
    await authClient.signOut()
  }
  return (
    <Menu
      position="bottom-end"
      width={240}
      shadow="md"
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <Button variant="default" size="xs" className={classes.avatar} aria-label="Account">
          {(user.name || user.email).slice(0, 1).toUpperCase()}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className={classes.email}>{user.email}</Menu.Label>
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
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
