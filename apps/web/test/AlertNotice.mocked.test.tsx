// @vitest-environment jsdom
import type { Alert } from '@metered/billing/client'
import { act, fireEvent, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { beforeEach, expect, it, vi } from 'vitest'
import { AlertNotice } from '../src/alerts/AlertNotice.tsx'
import { IsShown, SaidOnScreen, useSays } from '../src/alerts/said.tsx'
import type { Meter } from '../src/format/meters.ts'
import { aBudget, aMonth, anAlert } from './anAlert.ts'
import { onFree } from './anOffer.ts'
import { show } from './show.tsx'

const { alerts } = vi.hoisted(() => ({ alerts: vi.fn() }))
vi.mock('@tanstack/react-router', () => ({
  useLocation: () => ({ pathname: '/usage' }),
  useRouterState: ({ select }: { select: (state: object) => unknown }) => select({ status: 'idle' }),
}))
vi.mock('../src/parts/LinkButton.tsx', () => ({
  LinkButton: ({ to, children }: { to: string; children: ReactNode }) => <a href={to}>{children}</a>,
}))
vi.mock('../src/api/billing.ts', () => ({
  useAlerts: () => ({ data: alerts() }),
  useBudgets: () => ({ data: [aBudget({ limit: 5, used: 5 })] }),
  useBalances: () => ({
    data: { ...onFree({ available: 2, limit: 10 }), lastAlertAt: alerts()[0]?.at ?? 0 },
  }),
}))

const at = Date.now() - 60_000
const resetsAt = Date.now() + 86_400_000
const plan80 = anAlert({ at, resetsAt })
const limit80 = anAlert({ id: 'limit 80', at: at + 1, resetsAt, budget: aMonth, used: 4, limit: 5 })
const limit100 = { ...limit80, id: 'limit 100', at: at + 2, threshold: 100, used: 5 }

const notices = () => screen.queryAllByRole('status').map((it) => it.querySelector('strong')?.textContent)
const planTitle = "You've used 80% of your pictures."
const limitTitle = "You've reached your limit of 5 pictures a month."

function open(list: Alert<Meter>[], page: ReactNode = null) {
  alerts.mockReturnValue(list)
  return show(content(page))
}
const content = (page: ReactNode) => (
  <SaidOnScreen>
    {page}
    <AlertNotice customer="ada" />
  </SaidOnScreen>
)

function Says({ what }: { what: Parameters<typeof useSays>[0] }) {
  useSays(what)
  return null
}

beforeEach(() => {
  localStorage.clear()
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible')
})

it('shows each alert once, newest first, even after the page loads again', () => {
  const page = open([limit100, limit80, plan80])
  expect(notices()).toEqual([limitTitle])
  page.show(content(<p>another screen</p>))
  expect(notices()).toEqual([limitTitle])
  fireEvent.click(screen.getByRole('button', { name: 'Dismiss' }))
  expect(notices()).toEqual([planTitle])
  open([limit100, limit80, plan80])
  expect(notices()).toEqual([])
})

it('shows an alert to each customer who uses this browser', () => {
  open([plan80])
  alerts.mockReturnValue([plan80])
  show(
    <SaidOnScreen>
      <AlertNotice customer="bob" />
    </SaidOnScreen>,
  )
  expect(notices()).toEqual([planTitle])
})

it('shows an alert when the tab becomes visible, unless another tab has shown it', () => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
  const page = open([plan80])
  expect(notices()).toEqual([])
  expect(localStorage.length).toBe(0)
  localStorage.setItem('studio-alerts:ada', plan80.id)
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible')
  act(() => {
    window.dispatchEvent(new Event('storage'))
    document.dispatchEvent(new Event('visibilitychange'))
  })
  expect(notices()).toEqual([])
  alerts.mockReturnValue([{ ...plan80, id: 'another', threshold: 70 }])
  page.show(content(null))
  expect(notices()).toEqual([planTitle])
})

it.each([
  ["the plan's units", plan80, 'credits generations'],
  ['a limit', limit100, 'limits generations'],
  ['a threshold in a list', plan80, 'alert grant 80'],
] as const)('shows no notice while the screen shows the alert about %s', async (_, alert, what) => {
  const says = <Says what={[what]} />
  const page = open([], says)
  const added: Node[] = []
  new MutationObserver((changes) => added.push(...changes.flatMap((it) => [...it.addedNodes]))).observe(
    document.body,
    { subtree: true, childList: true },
  )
  alerts.mockReturnValue([alert])
  page.show(content(says))
  await Promise.resolve()
  expect(added).toEqual([])
  page.show(content(null))
  expect(notices()).toEqual([])
})

it('closes a notice once the screen shows the alert', () => {
  const page = open([plan80])
  expect(notices()).toEqual([planTitle])
  page.show(content(<Says what={['credits generations']} />))
  expect(notices()).toEqual([])
  page.show(content(null))
  expect(notices()).toEqual([])
})

it('shows a notice if only a hidden part of the screen shows the alert', () => {
  const says = <Says what={['credits generations']} />
  open([plan80], <IsShown value={false}>{says}</IsShown>)
  expect(notices()).toEqual([planTitle])
})

it('links an alert about a limit to the limits, and other alerts to the plans', () => {
  open([limit100])
  expect(screen.getByRole('link').textContent).toBe('Change your spend limits')
  open([plan80])
  expect(screen.getByRole('link').textContent).toBe('View plans')
})

it('remembers at most 100 alerts', () => {
  localStorage.setItem('studio-alerts:ada', Array.from({ length: 100 }, (_, index) => index).join('\n'))
  open([plan80])
  const ids = localStorage.getItem('studio-alerts:ada')?.split('\n')
  expect([ids?.length, ids?.[0], ids?.at(-1)]).toEqual([100, '1', 'grant 80'])
})
