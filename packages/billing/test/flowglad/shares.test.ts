import { expect, test } from 'vitest'
import { Shares } from '../../src/flowglad/shares.ts'

const names = (count: number) => Array.from({ length: count }, (_, n) => `u${n}`)

test('gives all the room to the only waiting customer', () => {
  expect(new Shares().divide(['ada'], 400)).toEqual([{ customer: 'ada', share: 400 }])
})

test('divides the room equally between waiting customers', () => {
  expect(new Shares().divide(['ada', 'bob'], 7)).toEqual([
    { customer: 'ada', share: 4 },
    { customer: 'bob', share: 4 },
  ])
})

test('serves the first customers if there is not enough room for all', () => {
  const shares = new Shares().divide(names(10), 4)
  expect(shares.map(({ customer }) => customer)).toEqual(names(4))
})

test("doubles a busy customer's share until it fills the room", () => {
  const shares = new Shares()
  const shareOfAda = () => {
    const { share = 0 } =
      shares.divide(['ada', ...names(99)], 400).find(({ customer }) => customer === 'ada') ?? {}
    shares.tooSmall('ada', share)
    return share
  }
  expect(Array.from({ length: 9 }, shareOfAda)).toEqual([4, 8, 16, 32, 64, 128, 256, 400, 400])
})

test("returns to equal shares after a busy customer's share was large enough", () => {
  const shares = new Shares()
  shares.tooSmall('ada', 100)
  expect(shares.divide(['ada', 'bob'], 10)).toEqual([{ customer: 'ada', share: 10 }])
  expect(shares.divide(['ada', 'bob'], 10)).toContainEqual({ customer: 'ada', share: 5 })
})

test('returns no shares if no customer is waiting', () => {
  expect(new Shares().divide([], 400)).toEqual([])
})
