// @vitest-environment jsdom
import { screen, within } from '@testing-library/react'
import { expect, it } from 'vitest'
import { UsageKinds } from '../src/usage/UsageKinds.tsx'
import { show } from './show.tsx'

const shown = (name: string) =>
  within(screen.getByRole('list', { name }))
    .getAllByRole('listitem')
    .map(({ textContent }) => textContent)

it("lists each kind's units and share as text", () => {
  const kinds = [
    { name: 'Standard', amount: 2_000, share: 2_000 / 2_001 },
    { name: 'HD', amount: 1, share: 1 / 2_001 },
  ]
  show(<UsageKinds meter="generations" kinds={{ by: 'quality', kinds }} />)
  expect(shown('Pictures by quality')).toEqual(['Standard 2,000 pictures >99%', 'HD 1 picture <1%'])
})

it('rounds the shares to whole percents', () => {
  const kinds = [
    { name: 'Texts up to 100', amount: 30, share: 0.256 },
    { name: 'Texts up to 300', amount: 0, share: 0.01 },
    { name: 'Longer texts', amount: 87, share: 0.99 },
  ]
  show(<UsageKinds meter="tokens" kinds={{ by: 'maximum length', kinds }} />)
  expect(shown('Tokens by maximum length').map((text) => text?.split(' ').at(-1))).toEqual([
    '26%',
    '1%',
    '99%',
  ])
  show(
    <UsageKinds
      meter="tokens"
      kinds={{ by: 'maximum length', kinds: [{ name: 'Longer texts', amount: 9, share: 1 }] }}
    />,
  )
  expect(shown('Tokens by maximum length')).toEqual(['Longer texts 9 tokens 100%'])
})
