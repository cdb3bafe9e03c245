// @vitest-environment jsdom
import { createMemoryHistory } from '@tanstack/react-router'
import { expect, it } from 'vitest'
import { router } from '../src/router.tsx'

async function searchAt(address: string) {
  router.update({ history: createMemoryHistory({ initialEntries: [address] }) })
  await router.load()
  return router.state.matches.map(({ search }) => search.next)
}

it.each([
  'http://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  'javascript:alert(1)',
  '/sign-in',
])('ignores ?next=%s on every screen', async (next) => {
  for (const screen of ['/sign-in', '/sign-up', '/pricing'])
    expect(new Set(await searchAt(`${screen}?next=${encodeURIComponent(next)}`))).toEqual(
      new Set([undefined]),
    )
})

it('keeps ?next if it is a path in this app', async () => {
  expect(new Set(await searchAt('/sign-in?next=%2Fpricing%3Fa%3Db'))).toEqual(new Set(['/pricing?a=b']))
})
