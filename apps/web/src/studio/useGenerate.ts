import { useQueryClient } from '@tanstack/react-query'
import { useApi } from '../api.ts'
import { hang } from './useGallery.ts'
import { usePaidCall } from './usePaidCall.ts'

interface Order {
  prompt: string
  count: number
  hd: boolean
}

/** Makes pictures and hangs them in the gallery. */
export function useGenerate() {
  const api = useApi()
  const queryClient = useQueryClient()
  return usePaidCall('generate', async ({ prompt, count, hd }: Order, call) => {
    const { pictures } = await api.studio.generate.mutate({ prompt, count, hd }, call)
    const createdAt = Date.now()
    hang(
      queryClient,
      pictures.map(({ id, url }) => ({ id, url, prompt, createdAt, size: 0 })),
    )
    return pictures
  })
}
