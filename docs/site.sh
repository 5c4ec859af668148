#!/bin/sh
# The documents as a site: site.sh FOLDER. One page a document, linked with each other, with a list of all and a search over their
# text that needs no server. By pandoc (Debian).
set -eu
out=${1:?the folder}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.."
rm -rf "${out:?}"/*
mkdir -p "$out/docs"
cp docs/*.png "$out/docs"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Links to documents lead to their pages.
cat >"$work/links.lua" <<'END'
function Link(link)
  if not link.target:match('^%a+:') then
    link.target = link.target:gsub('%.md$', '.html'):gsub('%.md#', '.html#')
  end
  return link
end
END
cat >"$work/page.html" <<'END'
<!DOCTYPE html>
<html lang="$lang$">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>$pagetitle$ · dianchen</title>
<style>
:root{color-scheme:light dark;--bg:#fff;--ink:#1c2330;--soft:#5c6675;--line:#dfe3ea;--code:#f3f5f8;--link:#1d5fd0}
@media(prefers-color-scheme:dark){:root{--bg:#12161d;--ink:#e6eaf0;--soft:#9aa5b5;--line:#303845;--code:#1b212b;--link:#7fb0ff}}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.6 system-ui,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
.all{display:flex;gap:32px;max-width:1200px;margin:0 auto;padding:20px 16px}nav{flex:0 0 200px;font-size:14px}nav a{display:block;padding:2px 0}
main{flex:1;min-width:0}a{color:var(--link);text-decoration:none}pre{background:var(--code);padding:12px;overflow-x:auto;border-radius:6px}
code{background:var(--code);padding:1px 4px;border-radius:4px;font-size:90%}pre code{padding:0}img{max-width:100%}
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{border:1px solid var(--line);padding:4px 8px;text-align:left;vertical-align:top}
input{width:100%;box-sizing:border-box;padding:6px;margin-bottom:8px}#found a{display:block}@media(max-width:760px){.all{display:block}}
</style>
</head>
<body><div class="all">
<nav><input id="search" type="search" placeholder="$search$" aria-label="$search$"><div id="found"></div>
$nav$
</nav>
<main>
$body$
</main></div>
<script src="$root$search.js"></script>
<script>
var box=document.getElementById('search'),found=document.getElementById('found');
box.addEventListener('input',function(){
  var words=box.value.toLowerCase().split(/\s+/).filter(Boolean);
  found.textContent='';
  if(!words.length)return;
  pages.forEach(function(page){
    if(words.every(function(word){return page.text.indexOf(word)>=0})){
      var a=document.createElement('a');
      a.href='$root$'+page.at;a.textContent=page.title;found.appendChild(a);
    }
  });
});
</script>
</body></html>
END

pages='README.md README.zh-CN.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md'
for page in docs/*.md; do
    pages="$pages $page"
done

title() {
    sed -n 's/^# //p' "$1" | head -n 1 | sed 's/[`*]//g'
}

# nav ROOT LANG: links to the pages of one language.
nav() {
    for one in $pages; do
        case $one in *.zh-CN.md) its=zh ;; *) its=en ;; esac
        [ "$its" = "$2" ] || continue
        printf '<a href="%s%s">%s</a>\n' "$1" "${one%.md}.html" "$(title "$one")"
    done
}

echo 'var pages=[' >"$out/search.js"
for page in $pages; do
    root=
    case $page in docs/*) root=../ ;; esac
    lang=en search=Search other=zh
    case $page in *.zh-CN.md) lang=zh search=搜索 other=en ;; esac
    nav "$root" "$lang" >"$work/nav"
    echo '<hr>' >>"$work/nav"
    nav "$root" "$other" >>"$work/nav"
    pandoc -f gfm -t html5 --standalone --template "$work/page.html" --lua-filter "$work/links.lua" --no-highlight \
        --metadata pagetitle="$(title "$page")" -V lang="$lang" -V root="$root" -V search="$search" -V nav="$(cat "$work/nav")" \
        -o "$out/${page%.md}.html" "$page"
    text=$(pandoc -f gfm -t plain --wrap=none "$page" | tr '[:upper:]\n\t"\\<' '[:lower:]      ' | tr -s ' ')
    printf '{at:"%s",title:"%s",text:"%s"},\n' "${page%.md}.html" "$(title "$page")" "$text" >>"$out/search.js"
done
echo '];' >>"$out/search.js"
cp "$out/README.html" "$out/index.html"
