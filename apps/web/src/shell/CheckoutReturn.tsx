import { useLocation, useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useBalances, usePlan, usePlans, useRefreshBalances, useStatement } from '../api/billing.ts'
import { chargedText } from '../format/payments.ts'
import { Notice } from '../parts/Notice.tsx'
import { hasArrived, type Order, takeOrder } from '../plans/order.ts'
import { useShowsResult } from '../plans/purchaseResult.tsx'
import { Renewal } from '../plans/Renewal.tsx'

const retryMs = 2_000
const maxRefreshes = 15

/** Shows a hosted checkout's outcome when the customer returns, and refreshes the balances. */
export function CheckoutReturn() {
  const navigate = useNavigate()
  // Read `checkout` from the current address, because a route's own search parameters don't change until the
  // next route's code has loaded.
  const { pathname: here, search } = useLocation()
  const { checkout } = search
  const [ended, setEnded] = useState<{ paid: boolean; order: Order | null; at: string } | null>(null)
  const wasReturning = useRef(false)

  useEffect(() => {
    const isKnown = wasReturning.current
    wasReturning.current = checkout !== undefined
    // takeOrder() returns the order only once, but this effect can run again before the address changes.
    if (checkout === undefined || isKnown) return
    const order = takeOrder()
    // All hosted pages return to the same address. A customer who changed a card goes back to Billing, or to Plans to
    // retry a declined plan change.
    const at = isForChange(order) ? '/pricing' : isCard(order) ? '/billing' : here
    setEnded({ paid: checkout === 'success', order, at })
    // Removes `checkout` from the address, so that a reload or a bookmark does not repeat the notice.
    void navigate({ to: at, search: {}, replace: true })
  }, [checkout, navigate, here])

  if (ended === null) return null
  const isHere = ended.at === here
  const close = () => setEnded(null)
  if (ended.paid && !isCard(ended.order)) return <Paid order={ended.order} isHere={isHere} onClose={close} />
  // Show the notice only on the screen that the customer returned to.
  if (!isHere) return null
  if (!ended.paid)
    return ended.order?.priceSlug === 'payment' ? (
      <Notice tone="neutral" title="Nothing was paid" onClose={close}>
        You left the page before paying. Nothing has changed.
      </Notice>
    ) : isCard(ended.order) ? (
      <Notice tone="neutral" title="No card was saved" onClose={close}>
        You left the page before saving a card. Nothing has changed.
      </Notice>
    ) : (
      <Notice tone="neutral" title="No purchase was made" onClose={close}>
        You left the checkout, and nothing was charged.
      </Notice>
    )
  if (ended.order?.priceSlug === 'payment') return <OverduePaid onClose={close} />
  return <CardSaved isForChange={isForChange(ended.order)} onClose={close} />
}

/**
 * Refreshes the balances until `isDone`, and passes each response to `onRefreshed`. Returns whether it has stopped
 * after too many refreshes.
 */
function useRefreshUntil(isDone: boolean, onRefreshed: (answer: { ageMs: number | null }) => void) {
  const { mutate, isPending } = useRefreshBalances()
  const [refreshes, setRefreshes] = useState(0)
  const hasStopped = refreshes >= maxRefreshes
  useEffect(() => {
    if (isDone || isPending || hasStopped) return
    const timer = setTimeout(
      () => {
        setRefreshes((times) => times + 1)
        mutate(undefined, { onSuccess: onRefreshed })
      },
      refreshes === 0 ? 0 : retryMs,
    )
    return () => clearTimeout(timer)
  }, [isDone, isPending, hasStopped, refreshes, mutate, onRefreshed])
  return hasStopped
}

/**
 * Refreshes the billing data until it is newer than the customer's return, so that the whole screen shows the new card
 * or payment. If Flowglad is slow or the customer has refreshed too often, a refresh returns older data.
 */
function useRefreshAfterReturn(): void {
  const [returnedAt] = useState(() => performance.now())
  const [isDone, setIsDone] = useState(false)
  const checkAge = useCallback(
    ({ ageMs }: { ageMs: number | null }) =>
      setIsDone(ageMs !== null && ageMs <= performance.now() - returnedAt),
    [returnedAt],
  )
  useRefreshUntil(isDone, checkAge)
}

function CardSaved({ isForChange, onClose }: { isForChange: boolean; onClose: () => void }) {
  const { data: plan } = usePlan()
  useRefreshAfterReturn()
  return (
    <Notice title="Your payment method is saved" onClose={onClose}>
      {/* A plan that is scheduled to end has no next payment. */}
      {plan?.cancelsAt == null && "We'll use this method for your next payment. "}
      {isForChange && 'Choose your new plan again to pay for it with this method.'}
    </Notice>
  )
}

const isForChange = (order: Order | null) => order?.priceSlug === 'card_for_change'

const isCard = (order: Order | null) =>
  order?.priceSlug === 'payment_method' || order?.priceSlug === 'payment' || isForChange(order)

interface PaidProps {
  order: Order | null
  /** Whether this is the screen that the customer returned to. */
  isHere: boolean
  onClose: () => void
}

/**
 * Says on every screen that the payment went through. Once the purchase has arrived, shows the result only on the
 * screen that the customer returned to.
 */
function Paid({ order, isHere, onClose }: PaidProps) {
  const { data: answer } = useBalances()
  const { data: offers } = usePlans()
  const [isRefreshed, setIsRefreshed] = useState(false)
  const offer = offers?.find((it) => it.priceSlug === order?.priceSlug)
  const arrived =
    answer !== undefined && (order ? offers !== undefined && hasArrived(offer, order, answer) : isRefreshed)
  const [wasComplete, setWasComplete] = useState(false)
  if (arrived && !wasComplete) setWasComplete(true)
  // If the customer changes the plan after the purchase, the balances no longer include the purchase.
  const isReplaced = wasComplete && !arrived

  const markRefreshed = useCallback(() => setIsRefreshed(true), [])
  const hasStopped = useRefreshUntil(arrived || isReplaced, markRefreshed)

  useShowsResult(isReplaced ? null : !arrived ? 'arriving' : isHere ? 'arrived' : null)

  if (isReplaced) return null
  if (!arrived)
    return (
      <Notice title="Thank you, your payment went through" onClose={onClose}>
        {hasStopped
          ? "Your credits haven't arrived yet. They'll appear here as soon as the payment is confirmed."
          : "We're adding your credits. They'll appear in a moment."}
      </Notice>
    )
  if (!isHere) return null
  return (
    <Notice
      title={offer?.kind === 'pack' ? `${offer.name} added` : `You're on ${answer.plan?.name}`}
      onClose={onClose}
    >
      Your new credits are ready. {offer && <Charged name={offer.name} />}
      {offer?.kind === 'plan' && <Renewal />}
    </Notice>
  )
}

/** Shows the charged amount and card. Shows nothing until Flowglad lists the payment. */
function Charged({ name }: { name: string }) {
  const { data: statement } = useStatement()
  const newest = statement?.payments.find(({ status }) => status === 'paid')
  const isForOrder = newest?.items.some((item) => 'name' in item && item.name === name)
  return isForOrder && chargedText(newest)
}

function OverduePaid({ onClose }: { onClose: () => void }) {
  useRefreshAfterReturn()
  return (
    <Notice title="Thank you, your payment went through" onClose={onClose}>
      Your plan continues with all its credits. <OverdueCharged />
      <Renewal />
    </Notice>
  )
}

/**
 * Says what the customer paid for an overdue plan. Until Flowglad lists the payment, the newest listed payment is a
 * failed one.
 */
function OverdueCharged() {
  const { data: statement } = useStatement()
  const newest = statement?.payments[0]
  return newest?.status === 'paid' && chargedText(newest)
}
