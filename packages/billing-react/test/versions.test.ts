import * as query from '@tanstack/react-query'
import { version } from 'react'
import { expect, it } from 'vitest'

it('runs with the expected versions of React and TanStack Query', () => {
  expect(version).toBe(process.env.REACT_VERSION)
  // TanStack Query 5.82 added `mutationOptions`.
  expect('mutationOptions' in query).toBe(process.env.QUERY_VERSION !== '5.79.0')
})
