package filter_test
import ("testing";"time";"strings";"fmt"; "github.com/pgrest-go/pgrest/filter")
func TestZZ(t *testing.T){
 n:=1<<20
 for _,q:=range []string{
  "select="+strings.Repeat("a,",n/2), "select="+strings.Repeat("a-",n/2)+"!", "a="+strings.Repeat("x",n), strings.Repeat("a=x&",n/4), strings.Repeat("a.limit=1&",n/10),
  "or=("+strings.Repeat("and(a.eq.1),",n/12)+")", "or=("+strings.Repeat("or",n/2), "select=\""+strings.Repeat("\\a",n/2), "a="+strings.Repeat("not.",n/4), strings.Repeat("a.",n/2)+"b=eq.1",
  "a=in.("+strings.Repeat("\"a\"b,",n/5)+")", "a=in.("+strings.Repeat("\"a",n/2)+")", "or=("+strings.Repeat("a.eq.{",n/6)+")", "a"+strings.Repeat("->a",n/3)+"=eq.1", "order="+strings.Repeat("a(b),",n/5)+"!", "select=a"+strings.Repeat("-a",n/2),
  "select="+strings.Repeat("\"a,",n/3), "or=("+strings.Repeat("a.eq.\",",n/7)+")","a=in.("+strings.Repeat("\",",n/2)+")","or=("+strings.Repeat("a.eq.{,",n/7)+")",
 }{
  s:=time.Now(); _,err:=filter.Parse(q,filter.Options{}); d:=time.Since(s)
  e:=""; if err!=nil { e=err.(*filter.ParseError).Details() }
  fmt.Printf("%-30.30q %v %s\n",q,d,e)
 }
}
