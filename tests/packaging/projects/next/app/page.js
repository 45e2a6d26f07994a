"use client";

import { useEffect, useState } from "react";
import { count } from "../count.js";

/** Counts with the server that its address names. */
export default function Page() {
  const [shown, show] = useState("waiting");
  useEffect(() => {
    const server = new URLSearchParams(location.search).get("server");
    count(server).then(show, (error) => show(String(error)));
  }, []);
  return <title>{shown}</title>;
}
