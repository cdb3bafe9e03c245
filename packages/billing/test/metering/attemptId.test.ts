import { expect, test } from 'vitest'
import { z } from 'zod'
import { attemptId } from '../../src/metering/attemptId.ts'

test('returns unique UUIDv7s that sort by time', () => {
  const times = [0, 1, 1_763_848_000_000, 1_763_848_000_001, 2 ** 48 - 1]
  const ids = times.map(attemptId)
  for (const id of ids) expect(z.uuidv7().safeParse(id).success).toBe(true)
  expect(ids.toSorted()).toEqual(ids)
  expect(ids.map((id) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16))).toEqual(times)
  expect(new Set(Array.from({ length: 1000 }, () => attemptId(1))).size).toBe(1000)
})
