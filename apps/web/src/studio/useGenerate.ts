import { usePaidCall } from '@metered/billing-react'
import { useState } from 'react'
import { trpc } from '../api/trpc.ts'
import { useAddToGallery, useGalleryUpdates } from './useGallery.ts'

interface Order {
  prompt: string
  count: number
  hd: boolean
}

/** Makes pictures and adds them to the gallery. */
export function useGenerate() {
  const { client } = trpc.useUtils()
  const addToGallery = useAddToGallery()
  const [made, setMade] = useState(0)
  const generate = usePaidCall((order: Order, call) => client.studio.generate.mutate(order, call), {
    mutationKey: ['generate'],
    onSuccess({ pictures }, { prompt }) {
      void addToGallery(pictures.map(({ id, url }) => ({ id, url, prompt, createdAt: Date.now(), size: 0 })))
      setMade((before) => before + pictures.length)
    },
  })
  useGalleryUpdates({ made, isMaking: generate.isPending })
  return generate
}
