import { billingLinks } from '@metered/billing/client'
import { createBillingHooks, type DimensionOf, type MeterOf, usePaidCall } from '@metered/billing-react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createTRPCClient } from '@trpc/client'
import { createRoot } from 'react-dom/client'
import type { AppRouter } from './router.ts'

const queryClient = new QueryClient()
const client = createTRPCClient<AppRouter>({ links: billingLinks({ url: '/trpc', queryClient }) })
type Billing = typeof client.billing
const { BillingProvider, useBalance, useBudgets, usePaywall, useSetBudget, useUsage } = createBillingHooks<
  MeterOf<Billing>,
  DimensionOf<Billing>
>()

const { team, member } = await client.session.query()

function Picture() {
  const picture = usePaidCall((_: null, call) => client.makePicture.mutate(undefined, call))
  const paywall = usePaywall(picture.error)
  return (
    <>
      <button type="button" disabled={picture.isPending} onClick={() => picture.start(null)}>
        Make a picture
      </button>
      <p>{picture.data}</p>
      {picture.error && (
        <p role="alert">
          {paywall.state === 'budget'
            ? `${paywall.scope?.value ?? team.name} has used ${paywall.used} of ${paywall.limit} pictures. Resets on ${dayOf(paywall.resetsAt)}.`
            : picture.error.message}
        </p>
      )}
    </>
  )
}

function Left() {
  const { data: balance } = useBalance('generations')
  return <output aria-label="Pictures left">{balance && `${balance.available} of ${balance.limit}`}</output>
}

function Caps() {
  const { data: budgets = [] } = useBudgets()
  return (
    <ul aria-label="Caps">
      {budgets.map(({ id, scope, used, limit }) => (
        <li key={id}>{`${scope?.value ?? team.name}: ${used} of ${limit}`}</li>
      ))}
    </ul>
  )
}

function CapForm() {
  const setBudget = useSetBudget()
  const setCap = (form: FormData) =>
    setBudget.mutate({
      meter: 'generations',
      scope: { dimension: 'member', value: String(form.get('member')) },
      limit: Number(form.get('limit')),
      window: 'month',
    })
  return (
    <form action={setCap}>
      <input name="member" aria-label="Member" />
      <input name="limit" aria-label="Pictures a month" />
      <button type="submit">Set cap</button>
    </form>
  )
}

function Usage() {
  const { data: usage = [] } = useUsage({ by: 'member' })
  return (
    <ul aria-label="Used by">
      {usage.map(({ day, value, amount }) => (
        <li key={`${day} ${value}`}>{`${value}: ${amount}`}</li>
      ))}
    </ul>
  )
}

const dayOf = (time: number | null) =>
  time === null ? 'never' : new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'long' })

const root = document.getElementById('root')
if (!root) throw new Error('The page has no root.')
createRoot(root).render(
  <QueryClientProvider client={queryClient}>
    <BillingProvider client={client.billing} customer={team.id}>
      <h1>{`${member.id} at ${team.name}`}</h1>
      <Left />
      <Picture />
      <Caps />
      {member.isOwner && <CapForm />}
      <Usage />
    </BillingProvider>
  </QueryClientProvider>,
)
