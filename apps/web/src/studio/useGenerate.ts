import { usePaidCall } from '@metered/billing-react'
import { type RouterOutput, trpc } from '../api/trpc.ts'
import { galleryInput } from './useGallery.ts'

interface Order {
  prompt: string
  count: number
  hd: boolean
}

/** Makes pictures and adds them to the gallery. */
export function useGenerate() {
  const utils = trpc.useUtils()
  const { client } = utils
  const generate = usePaidCall((order: Order, call) => client.studio.generate.mutate(order, call), {
    mutationKey: ['generate'],
    onSuccess({ pictures }, { prompt }) {
      addToGallery(pictures.map(({ id, url }) => ({ id, url, prompt, createdAt: Date.now(), size: 0 })))
    },
  })

  /** Adds pictures without refetching the gallery. Skips pictures that a refetch has already loaded. */
  function addToGallery(pictures: RouterOutput['studio']['gallery']['pictures']) {
    utils.studio.gallery.setInfiniteData(galleryInput, (gallery) => {
      const [first, ...rest] = gallery?.pages ?? []
      if (gallery === undefined || first === undefined) return gallery
      const known = new Set(first.pictures.map(({ id }) => id))
      const added = pictures.filter(({ id }) => !known.has(id))
      return { ...gallery, pages: [{ ...first, pictures: [...added, ...first.pictures] }, ...rest] }
    })
  }

  return generate
}
