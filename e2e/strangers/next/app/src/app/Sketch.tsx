'use client'

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { explain } from '~/explain'
import { useTRPC } from '~/trpc/client'

export function Sketch() {
  const trpc = useTRPC()
  const [titles, setTitles] = useState<string[]>([])
  const draw = useMutation(
    trpc.draw.mutationOptions({ onSuccess: ({ title }) => setTitles((earlier) => [title, ...earlier]) }),
  )
  return (
    <>
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
