'use client'

import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { explain } from '~/explain'
import { useTRPC } from '~/trpc/client'

export function Sketch() {
  const trpc = useTRPC()
  const drawings = useQuery(trpc.billing.balances.queryOptions()).data?.balances[0]
  const [titles, setTitles] = useState<string[]>([])
  const draw = useMutation(
    trpc.draw.mutationOptions({ onSuccess: ({ title }) => setTitles((earlier) => [title, ...earlier]) }),
  )
  return (
    <>
      {drawings && <p>{drawings.unlimited ? 'Unlimited drawings' : `${drawings.available} drawings left`}</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          draw.mutate({ prompt: String(new FormData(event.currentTarget).get('prompt')) })
        }}
      >
        <label>
          Prompt <input name="prompt" required />
        </label>
        <button type="submit" disabled={draw.isPending}>
          Draw
        </button>
      </form>
      {draw.error && <p role="alert">{explain(draw.error)}</p>}
      <ul>
        {titles.map((title) => (
          <li key={title}>{title}</li>
        ))}
      </ul>
    </>
  )
}
