// @vitest-environment jsdom
import { screen, within } from '@testing-library/react'
import { expect, it } from 'vitest'
import { Payments } from '../src/billing/Payments.tsx'
import { formatDate, formatDay } from '../src/format/format.ts'
import { aPayment, aPlanChange, aStatement } from './aStatement.ts'
import { show } from './show.tsx'

const shown = () => screen.getAllByRole('listitem').map((item) => item.textContent)

it('shows the amount, the day, the reason, the card and the receipt of each payment', () => {
  const payment = aPayment({ items: [aPlanChange({ parts: { plan: 6_600, credit: 1_333 } })] })
  const period = `${formatDay(payment.at)} – ${formatDay(Date.UTC(2026, 11, 28))}`
  show(<Payments statement={aStatement({ payments: [payment] })} />)
  expect(shown()).toEqual([
    `Change to ScaleScale, ${period}: $66Credit for earlier payments: −$13.33Visa ending in 4242Invoice STU-00002${formatDate(payment.at)}$52.67PaidReceipt (PDF)`,
  ])
  const receipt = within(screen.getByRole('listitem')).getByRole('link')
  expect(receipt.getAttribute('href')).toBe('https://flowglad.test/receipt.pdf')
})

it('shows the items of a payment and its refund', () => {
  const refundedAt = Date.UTC(2026, 10, 30)
  const payment = aPayment({
    amount: 2_200,
    refunded: 2_200,
    refundedAt,
    pdfUrl: null,
    items: [
      { kind: 'plan', name: 'Pro', from: null, to: null, prorated: false, amount: 2_000 },
      { kind: 'overage', meter: 'api_calls', plan: 'Pro', units: 1_001, amount: 200 },
    ],
  })
  show(<Payments statement={aStatement({ payments: [payment] })} />)
  const [text] = shown()
  expect(text).toContain('Pro: $20')
  expect(text).toContain('1,001 look-ups beyond Pro: $2')
  expect(text).toContain(`Refunded on ${formatDate(refundedAt)}`)
})

it('lists the parts of a plan change before the extra usage on the same payment', () => {
  const payment = aPayment({
    amount: 5_467,
    items: [
      aPlanChange({ parts: { plan: 6_600, credit: 1_333 } }),
      { kind: 'overage', meter: 'api_calls', plan: 'Pro', units: 1_204, amount: 200 },
    ],
  })
  show(<Payments statement={aStatement({ payments: [payment] })} />)
  expect(shown()[0]).toMatch(
    /^Change to Scale: \$52\.67Scale, .*: \$66Credit for earlier payments: −\$13\.331,204 look-ups beyond Pro: \$2Visa/,
  )
})

it('combines the declined tries of an invoice, but lists tries with a different card separately', () => {
  const day = (date: number) => Date.UTC(2027, 2, date, 12)
  const declined = aPayment({ status: 'failed', pdfUrl: null })
  const other = { type: 'card', brand: 'visa', last4: '0341' }
  const payments = [
    aPayment({ id: 'paid', at: day(14) }),
    { ...declined, id: 'newest', at: day(13) },
    { ...declined, id: 'other card', at: day(8), method: other },
    { ...declined, id: 'second', at: day(3) },
    { ...declined, id: 'other invoice', at: day(2), invoiceNumber: 'STU-00001' },
    { ...declined, id: 'first', at: day(1) },
  ]
  show(<Payments statement={aStatement({ payments })} />)
  expect(shown().map((text) => text?.replace(/^.*\$52\.67/, ''))).toEqual([
    'PaidReceipt (PDF)',
    `Declined 3 times, last on ${formatDay(day(13))}. Not charged.`,
    'Declined, not charged',
    'Declined, not charged',
  ])
})

it('names a declined upgrade and says that it was not charged', () => {
  show(<Payments statement={aStatement({ payments: [aPayment({ status: 'failed' })] })} />)
  const [text] = shown()
  expect(text).toMatch(/^Upgrade to Scale, declinedVisa ending in 4242/)
  expect(text).toContain('$52.67Declined, not charged')
})
