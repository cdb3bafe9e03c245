import { useState } from 'react'
import { explain } from './explain.js'
import { trpc } from './trpc.js'

export function App() {
  const me = trpc.me.useQuery()
  const [titles, setTitles] = useState<string[]>([])
  const draw = trpc.draw.useMutation({
    onSuccess: ({ title }) => setTitles((earlier) => [title, ...earlier]),
  })

  if (me.isPending) return <p>Loading…</p>
  if (!me.data) return <p>Please sign in.</p>
  return (
    <main>
      <h1>Sketch</h1>
      <p>Hello {me.data.name}</p>
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
    </main>
  )
}
