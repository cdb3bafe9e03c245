import { FlowgladProvider, useBilling } from '@flowglad/react'
import { createRoot } from 'react-dom/client'

/** Shows the customer's billing and a button for each Flowglad operation that runs in a browser. */
function Billing() {
  const billing = useBilling()
  if (!billing.loaded || !billing.reload) return <p>Loading</p>
  const { currentSubscription, reload } = billing
  const id = currentSubscription?.id ?? ''
  const back = window.location.href
  const buttons: Record<string, () => Promise<unknown>> = {
    Use: async () => {
      await billing.createUsageEvent({
        usageMeterSlug: 'render',
        amount: 5,
        subscriptionId: id,
        transactionId: crypto.randomUUID(),
      })
      await reload()
    },
    Upgrade: () =>
      billing.createCheckoutSession({
        priceSlug: 'team_price',
        successUrl: back,
        cancelUrl: back,
        autoRedirect: true,
      }),
    Cancel: () =>
      billing.cancelSubscription({ id, cancellation: { timing: 'at_end_of_current_billing_period' } }),
    Resume: () => billing.uncancelSubscription({ id }),
    'More seats': () => billing.adjustSubscription({ priceSlug: 'team_price', quantity: 2 }),
  }
  return (
    <main>
      <dl>
        <dt>Plan</dt>
        <dd data-testid="plan">{currentSubscription?.name}</dd>
        <dt>Status</dt>
        <dd data-testid="status">{currentSubscription?.status}</dd>
        <dt>Available</dt>
        <dd data-testid="render">{billing.checkUsageBalance('render')?.availableBalance}</dd>
        <dt>Watermark</dt>
        <dd data-testid="watermark">{billing.checkFeatureAccess('watermark_free') ? 'none' : 'shown'}</dd>
        <dt>Plans</dt>
        <dd data-testid="plans">{billing.pricingModel.products.map((product) => product.name).join(', ')}</dd>
      </dl>
      {Object.entries(buttons).map(([name, press]) => (
        <button key={name} type="button" onClick={() => void press()}>
          {name}
        </button>
      ))}
    </main>
  )
}

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <FlowgladProvider>
      <Billing />
    </FlowgladProvider>,
  )
