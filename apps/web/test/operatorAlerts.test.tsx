// @vitest-environment jsdom
import { screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { Alerts } from '../src/operator/Alerts.tsx'
import { aMonth, anAlert } from './anAlert.ts'
import { show } from './show.tsx'

const texts = () => screen.queryAllByRole('listitem').map((item) => item.textContent)

it('lists alerts with their limit, usage and time, even for a meter that the app no longer has', () => {
  const at = Date.parse('2026-11-30T20:05Z')
  show(
    <Alerts
      report={{
        alerts: [
          { ...anAlert({ at, threshold: 100, used: 5, limit: 5, budget: aMonth }), customer: 'ada' },
          { ...anAlert({ id: '2', at, budget: { ...aMonth, mode: 'notify' } }), customer: 'ada' },
          { ...anAlert({ id: '3', at }), meter: 'seats', customer: 'ada' },
        ],
      }}
    />,
  )
  expect(texts()).toEqual([
    'Reached 100% of the limit of 5 pictures a month5 pictures usedstops at the limit30 Nov 2026, 12:05',
    'Reached 80% of the limit of 10 pictures a month8 pictures usedonly tells the customer30 Nov 2026, 12:05',
    "Reached 80% of the plan's 10 seats8 seats used30 Nov 2026, 12:05",
  ])
})

it('says that a customer has had no alerts', () => {
  show(<Alerts report={{ alerts: [] }} />)
  expect(texts()).toEqual([])
  expect(screen.getByText("This customer hasn't had any alerts.")).toBeDefined()
})
