/**
 * How a part of a page that looks again by itself takes what is new: into the elements that are there, so that the
 * focus, what is typed and what is opened stay. The title of the page stays as well.
 */
export const LIVE = 'outerMorph ignoreTitle:true';
