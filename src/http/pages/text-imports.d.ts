/** Files embedded as text: `import css from './x.css' with { type: 'text' }`. */
declare module '*.css' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: an import attribute of the bundler, which has only a default.
  export default text;
}

declare module '*.js' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: an import attribute of the bundler, which has only a default.
  export default text;
}

declare module '*.svg' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: an import attribute of the bundler, which has only a default.
  export default text;
}
