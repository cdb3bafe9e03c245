import { useLocation, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useBalances, usePlans, useRefreshBalances } from '../api/billing.ts'
import { Notice } from '../parts/Notice.tsx'
import { hasArrived, type Order, takeOrder } from '../plans/order.ts'

const askAgainMs = 2_000
const askAtMost = 15

/** Somebody comes back from a hosted checkout: says how it ended, and has the balances right without a reload. */
export function CheckoutReturn() {
  const navigate = useNavigate()
  // Both of the address as it is now: what a route was told stays until the next one's code is there.
  const { pathname: here, search } = useLocation()
  const { checkout } = search
  const [ended, setEnded] = useState<{ paid: boolean; order: Order | null; at: string } | null>(null)
  const told = useRef(false)

  useEffect(() => {
    const isTold = told.current
    told.current = checkout !== undefined
    // An order can be taken once: until the address says so too, this return is told already.
    if (checkout === undefined || isTold) return
    const order = takeOrder()
    // The hosted pages all return to one place; a card is left from Billing.
    const at = isCard(order) ? '/billing' : here
    setEnded({ paid: checkout === 'success', order, at })
    // Once: a reload or a bookmark must not celebrate again.
    void navigate({ to: at, search: {}, replace: true })
  }, [checkout, navigate, here])

  // Said where somebody arrives, not on every screen they visit afterwards.
  if (ended?.at !== here) return null
  const close = () => setEnded(null)
  if (!ended.paid)
    return isCard(ended.order) ? (
      <Notice title="No card was saved" onClose={close}>
        You left the page before one was. Everything is as it was.
      </Notice>
    ) : (
      <Notice title="Nothing was bought" onClose={close}>
        You left the checkout and nothing was charged. Everything is as it was.
      </Notice>
    )
  if (isCard(ended.order))
    return (
      <Notice title="Your payment method is saved" onClose={close}>
        It is used from the next payment on.
      </Notice>
    )
  return <Paid order={ended.order} onClose={close} />
}

const isCard = (order: Order | null) => order?.priceSlug === 'payment_method'

function Paid({ order, onClose }: { order: Order | null; onClose: () => void }) {
  const { mutate: refresh, isSuccess, isPending } = useRefreshBalances()
  const { data: answer } = useBalances()
  const { data: offers } = usePlans()
  const [asked, setAsked] = useState(0)
  const offer = offers?.find((it) => it.priceSlug === order?.priceSlug)
  const arrived =
    answer !== undefined && (order ? offers !== undefined && hasArrived(offer, order, answer) : isSuccess)

  useEffect(() => {
    if (arrived || isPending || asked >= askAtMost) return
    const timer = setTimeout(
      () => {
        setAsked((times) => times + 1)
        refresh()
      },
      asked === 0 ? 0 : askAgainMs,
    )
    return () => clearTimeout(timer)
  }, [arrived, asked, isPending, refresh])

  if (!arrived)
    return (
      <Notice title="Thank you, your payment went through" onClose={onClose}>
        {asked < askAtMost
          ? 'Your credits are being added; this takes a moment.'
          : 'Your credits are not here yet. They appear by themselves as soon as the payment is confirmed.'}
      </Notice>
    )
  if (offer?.kind === 'pack')
    return (
      <Notice title={`${offer.name} added`} onClose={onClose}>
        Your new credits are ready, and they do not expire.
      </Notice>
    )
  return (
    <Notice title={`You're on ${answer.plan?.name}`} onClose={onClose}>
      Your new credits are ready.
    </Notice>
  )
}
