import { useEffect, useRef } from 'react'
import { useBalance } from '../api/billing.ts'
import { type RouterOutput, trpc } from '../api/trpc.ts'

export type Picture = RouterOutput['studio']['gallery']['pictures'][number]

const galleryInput = { limit: 24 }

/** The name of the channel that tells the browser's other tabs about deleted pictures. */
const deletions = 'studio-deletions'

/** Returns the user's own pictures, newest first. */
export const useGallery = () =>
  trpc.studio.gallery.useInfiniteQuery(galleryInput, { getNextPageParam: (page) => page.cursor })

/** Returns a function that adds pictures without refetching. Skips pictures that a refetch has already loaded. */
export function useAddToGallery() {
  const utils = trpc.useUtils()
  return async (pictures: Picture[]) => {
    if (utils.studio.gallery.getInfiniteData(galleryInput) === undefined) {
      // The gallery is still loading, and its response may not include these pictures, so load it again.
      await utils.studio.gallery.cancel(galleryInput)
      await utils.studio.gallery.invalidate(galleryInput)
      return
    }
    utils.studio.gallery.setInfiniteData(galleryInput, (gallery) => {
      const [first, ...rest] = gallery?.pages ?? []
      if (gallery === undefined || first === undefined) return gallery
      const known = new Set(first.pictures.map(({ id }) => id))
      const added = pictures.filter(({ id }) => !known.has(id))
      return { ...gallery, pages: [{ ...first, pictures: [...added, ...first.pictures] }, ...rest] }
    })
  }
}

/** Returns a function that removes a deleted picture from this tab and the browser's other tabs. */
export function useRemoveFromGallery() {
  const utils = trpc.useUtils()
  return (deleted: string) => {
    utils.studio.gallery.setInfiniteData(
      galleryInput,
      (gallery) =>
        gallery && {
          ...gallery,
          pages: gallery.pages.map((page) => ({
            ...page,
            pictures: page.pictures.filter(({ id }) => id !== deleted),
          })),
        },
    )
    const channel = new BroadcastChannel(deletions)
    channel.postMessage(deleted)
    channel.close()
  }
}

/**
 * Refetches the gallery when another tab or device has made pictures, or another tab has deleted one. `made` is
 * the number of pictures that this tab has made and added to the gallery.
 */
export function useGalleryUpdates({ made, isMaking }: { made: number; isMaking: boolean }): void {
  const utils = trpc.useUtils()
  const { data: row } = useBalance('generations')
  // Every picture uses one unit. While this tab makes pictures, the balance may count pictures that `made` doesn't count
  // yet, so don't compare the two.
  const madeElsewhere = row == null || isMaking ? undefined : row.used - made
  const seen = useRef<number>(undefined)
  useEffect(() => {
    if (madeElsewhere === undefined) return
    const isNew = seen.current !== undefined && seen.current !== madeElsewhere
    seen.current = madeElsewhere
    if (isNew) void utils.studio.gallery.invalidate()
  }, [madeElsewhere, utils])

  useEffect(() => {
    const channel = new BroadcastChannel(deletions)
    channel.onmessage = () => void utils.studio.gallery.invalidate()
    return () => channel.close()
  }, [utils])
}
